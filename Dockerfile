# The bundled node and devnet's own small programs (a relay, a probe, a reaper, the spec) on a Node base. `docker build .` works after `npm run build`;
# devnet builds it by itself and passes another base where the official one cannot be had.
ARG BASE=node:20-bookworm-slim
FROM ${BASE}
COPY dist/node.cjs dist/tunnel.cjs dist/probe.cjs dist/reaper.cjs dist/spec.cjs /devnet/
ENV NODE_ENV=production
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
# Buffers outside V8's heap pile up between its collections; with this flag it collects before they matter.
ENTRYPOINT ["node", "--optimize-for-size", "/devnet/node.cjs"]
