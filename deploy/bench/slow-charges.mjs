// Loaded before a service of billing, of this build or of the one before: each charge waits as long as for somebody far away. A bundle
// offers no place for that, so its text is changed where the effect begins.
import { registerHooks } from "node:module";

/** As the bundles of the two have it: names stay as they are written. */
const BEGINNINGS = [/async charge\(request\)\{/, /attempts\(env,"charge"\);return async request=>\{/];
const WAIT = `await new Promise(go=>setTimeout(go,${Number(process.env.CHARGE_TAKES_MS)}));`;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith("/billing.mjs")) return loaded;
    const text = String(loaded.source);
    const beginning = BEGINNINGS.find((pattern) => pattern.test(text));
    if (!beginning) throw new Error(`${url}: its charge does not begin as any that is known: ${BEGINNINGS.join(", ")}`);
    return { ...loaded, source: text.replace(beginning, (begun) => begun + WAIT) };
  },
});
