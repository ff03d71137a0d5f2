# The bundled node, the agents (tunnel, probe, reaper) and the spec on a Node base. `docker build .` works after `npm run build`.
# devnet builds this image by itself, on another base where the official one is not available.
ARG BASE=node:20-bookworm-slim
FROM ${BASE}
COPY dist/node.cjs dist/tunnel.cjs dist/probe.cjs dist/reaper.cjs dist/spec.cjs /devnet/
ENV NODE_ENV=production
USER 1000:1000
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/devnet/node.cjs"]
