/** Settings of a registry. */
interface RegistryOptions {
  /** Of the image, in Go's words: `amd64`. */
  architecture: string;
  /** Of its one user, `me`. */
  password: string;
  /** @default 127.0.0.1 */
  address?: string;
  /** @default any that is free: it writes `port N` */
  port?: number;
}

/** Returns the program of a registry with one image, `x:1`, of one empty layer, for one user. It speaks HTTP. */
export function registryProgram({ architecture, password, address = '127.0.0.1', port = 0 }: RegistryOptions): string {
  return `
const { createServer } = require('http');
const { createHash } = require('crypto');
const { gzipSync } = require('zlib');
const digest = (bytes) => 'sha256:' + createHash('sha256').update(bytes).digest('hex');
const tar = Buffer.alloc(1024);
const layer = gzipSync(tar);
const config = Buffer.from(JSON.stringify({ architecture: '${architecture}', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [digest(tar)] } }));
const type = 'application/vnd.docker.distribution.manifest.v2+json';
const part = (mediaType, bytes) => ({ mediaType, size: bytes.length, digest: digest(bytes) });
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config: part('application/vnd.docker.container.image.v1+json', config), layers: [part('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)] }));
const blobs = new Map([layer, config].map((bytes) => [digest(bytes), bytes]));
const wanted = 'Basic ' + Buffer.from('me:${password}').toString('base64');
createServer(({ url, headers }, reply) => {
  if (headers.authorization !== wanted) return reply.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
  const [, kind, name] = /^\\/v2\\/x\\/(manifests|blobs)\\/(.*)$/.exec(url) || [];
  const bytes = kind === 'manifests' ? (name === '1' || name === digest(manifest) ? manifest : undefined) : blobs.get(name);
  if (url === '/v2/') return reply.end('{}');
  if (!bytes) return reply.writeHead(404, { 'content-type': 'application/json' }).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  reply.writeHead(200, { 'content-type': kind === 'manifests' ? type : 'application/octet-stream', 'docker-content-digest': digest(bytes), 'content-length': bytes.length }).end(bytes);
}).listen(${port}, '${address}', function () { console.log('port ' + this.address().port); });
`;
}
