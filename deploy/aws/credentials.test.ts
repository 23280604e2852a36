import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { readCredentials } from "./credentials.ts";

/** An AWS CLI that does as it is told. */
function withCli(script: string): void {
  const folder = mkdtempSync(join(tmpdir(), "aws-"));
  writeFileSync(join(folder, "aws"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "aws"), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
}

const told = { AWS_ACCESS_KEY_ID: "OFENV", AWS_SECRET_ACCESS_KEY: "s" };

it("takes what the environment says, and asks nobody else", async () => {
  withCli("exit 1");
  expect(await readCredentials(told)).toEqual({ AccessKeyId: "OFENV", SecretAccessKey: "s" });
});

it("asks the AWS CLI for a profile, whatever the environment says", async () => {
  withCli(`echo '{"AccessKeyId":"'$6'","SecretAccessKey":"s"}'`);
  expect(await readCredentials(told, "mine")).toEqual({ AccessKeyId: "mine", SecretAccessKey: "s" });
});

it("says which AWS CLI is wanted where this one cannot export, in whatever line it says so", async () => {
  withCli(
    "echo 'aws: error: argument subcommand: Invalid choice, valid choices are:' >&2; echo 'set | get' >&2; exit 2",
  );
  await expect(readCredentials({})).rejects.toThrow(/^aws configure export-credentials: is unknown to it: version 2/);
});

it("passes on what else the AWS CLI complains of", async () => {
  withCli("echo 'the SSO session has expired' >&2; exit 255");
  await expect(readCredentials({})).rejects.toThrow("aws configure export-credentials: the SSO session has expired");
});
