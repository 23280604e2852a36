// A reporter of vitest: names each test that has passed at its second try.
// biome-ignore lint/style/noDefaultExport: vitest takes no other
export default class {
  onTestCaseResult(test) {
    if (test.diagnostic()?.flaky)
      process.stdout.write(`second try: ${test.module.relativeModuleId}: ${test.fullName}\n`);
  }
}
