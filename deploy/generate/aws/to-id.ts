/** As CloudFormation calls things: letters and digits. */
export const toId = (name: string): string =>
  name.replace(/(?:^|-+)(\w)/g, (_, letter: string) => letter.toUpperCase());
