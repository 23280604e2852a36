import { expect, it } from "vitest";
import { parseDockerfile } from "./dockerfile.ts";

it("reads what a Dockerfile says, with the defaults of its arguments and relative to its working directory", () => {
  const text = `# comment
ARG BASE=node:24-slim
FROM \${BASE}
WORKDIR /app
COPY --chmod=0444 dist/a.mjs \\
  dist/b.mjs ./
ENV NODE_ENV=production A=b=c
USER 65532:65532
ENTRYPOINT ["node", "--title=x"]
CMD ["/app/a.mjs"]
`;
  expect(parseDockerfile(text)).toEqual({
    base: "node:24-slim",
    user: "65532:65532",
    entrypoint: ["node", "--title=x"],
    env: { NODE_ENV: "production", A: "b=c" },
    copies: [
      { from: "dist/a.mjs", to: "/app/./" },
      { from: "dist/b.mjs", to: "/app/./" },
    ],
  });
});

it("refuses an instruction that it does not know, since an image without it would be another", () => {
  expect(() => parseDockerfile("FROM a\nRUN apt-get update\n")).toThrow("must have no instruction RUN");
});
