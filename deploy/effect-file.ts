/** The file of an effect, below the folder of effects: `send-mail.ts` of `sendMail`. */
export const effectFile = (effect: string): string =>
  `${effect.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;

/** What that file exports, to make the effect of the environment. */
export const creatorOf = (effect: string): string => `create${effect.charAt(0).toUpperCase()}${effect.slice(1)}`;
