import { formatAddress, type Gossip, type Hello, parseListenAddress } from '../../protocol/index.ts';
import { invalidPayload, isJsonObject } from '../../protocol/payload.ts';

/** Longest id of gossip: ids are remembered and logged. */
export const MAX_ID_LENGTH = 256;
/** Longest name, version or id in a hello. */
const MAX_TEXT_LENGTH = 255;

/** A hello, and the fields of its payload that were left out: unknown, or with a value that they cannot have. */
export interface ParsedHello {
  hello: Hello;
  ignored: string[];
}

/**
 * Parses the payload of `hello`; `listen` becomes canonical, with the sender's address in place of `0.0.0.0` and `[::]`.
 *
 * @param sender the address it came from @throws ProtocolError `invalid_payload`
 */
export function parseHello(payload: unknown, sender: string): ParsedHello {
  const fields = isJsonObject(payload) ? payload : {};
  const { name, listen, version, id, link, ihave, network, network_id } = fields;
  if (!isTextUpTo(MAX_TEXT_LENGTH, name) || name === '')
    throw invalidPayload(`hello has a "name" of 1 to ${MAX_TEXT_LENGTH} characters`);
  for (const [key, value] of Object.entries({ version, id, network, network_id })) {
    if (value !== undefined && !isTextUpTo(MAX_TEXT_LENGTH, value))
      throw invalidPayload(`the "${key}" of hello is text of at most ${MAX_TEXT_LENGTH} characters`);
  }
  const hello: Hello = {
    name,
    ...(listen === undefined ? {} : { listen: formatAddress(parseListenAddress(listen, sender)) }),
    ...(version === undefined ? {} : { version: version as string }),
    ...(id === undefined ? {} : { id: id as string }),
    ...(typeof link === 'number' ? { link } : {}),
    ...(ihave === true ? { ihave } : {}),
    ...(network === undefined ? {} : { network: network as string }),
    ...(network_id === undefined ? {} : { network_id: network_id as string }),
  };
  return { hello, ignored: Object.keys(fields).filter((key) => !Object.hasOwn(hello, key)) };
}

/** Checks the payload of `gossip` and returns it. @throws ProtocolError `invalid_payload` */
export function parseGossip(payload: unknown): Gossip {
  const { id, hops } = isJsonObject(payload) ? payload : {};
  if (!isId(id)) throw invalidPayload(`gossip has an "id" that is a string of 1 to ${MAX_ID_LENGTH} characters`);
  if (hops !== undefined && !(Number.isSafeInteger(hops) && (hops as number) >= 0))
    throw invalidPayload('the "hops" of gossip are a whole number, 0 or more');
  return payload as Gossip;
}

/** Returns the ids in the payload of `ihave` or `iwant`. @throws ProtocolError `invalid_payload` */
export function parseGossipIds(payload: unknown, maxIds: number): string[] {
  const { ids } = isJsonObject(payload) ? payload : {};
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > maxIds || !ids.every(isId))
    throw invalidPayload(`"ids" is an array of 1 to ${maxIds} ids of 1 to ${MAX_ID_LENGTH} characters`);
  return ids;
}

function isId(value: unknown): value is string {
  return isTextUpTo(MAX_ID_LENGTH, value) && value !== '';
}

function isTextUpTo(maxLength: number, value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}
