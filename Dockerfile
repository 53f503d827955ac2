# Two stages: the first bundles with every tool, the second holds what runs and nothing else.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With optional packages: the bundler is one of them for each kind of machine.
RUN npm ci --ignore-scripts
COPY src ./src
RUN npm run build
# The list of parts comes from the lockfile: read from the folder, npm takes left-out development packages for missing.
RUN npm sbom --package-lock-only --omit=dev --omit=optional --sbom-format=cyclonedx > sbom.cdx.json

FROM node:24.21.0-bookworm-slim
LABEL org.opencontainers.image.title="tls-verdict" \
      org.opencontainers.image.description="HTTPS verification as a service: every fault of a host at once" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/sbom.cdx.json ./
COPY --from=build /app/dist ./dist
# dns.lookup runs on libuv's pool; its size is read before Node starts, so it can only be set here.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    MALLOC_ARENA_MAX=2 \
    UV_THREADPOOL_SIZE=64
EXPOSE 8080
# A number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 65532:65532
# With TLS_CERT_FILE it asks over HTTPS, without judging its own certificate: that may be for any name.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "require(process.env.TLS_CERT_FILE ? 'https' : 'http').get({ host: '127.0.0.1', port: process.env.PORT, path: '/readyz', ca: [], rejectUnauthorized: false }, (r) => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# V8 must know the container's limit before the kernel does: half of it, since bodies, chains and documents lie outside
# of its heap (docs/operations.md). Workers divide it.
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=30", "--max-old-space-size-percentage=50", "dist/main.js"]
