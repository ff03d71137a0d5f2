export type { GossipStrategy } from './gossip/gossip-strategy.ts';
export { createLog, type Log, type LogFields, type LogLevel, type LogOptions } from './log/log.ts';
export type { HandlerContext, MessageHandler, Sender } from './messages/message-handler.ts';
export { createNode } from './node.ts';
export type { NetworkIdentity, Node, NodeOptions } from './node-api.ts';
