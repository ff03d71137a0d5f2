export type { Context, Handler, Sender } from './handler.ts';
export { createLog, type Fields, type Level, type Log, type LogOptions } from './log.ts';
export { createNode } from './node.ts';
export type { Node, NodeOptions } from './options.ts';
export type { Strategy } from './strategy.ts';
