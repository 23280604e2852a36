/** Into how many parts a store that keeps an index in order divides each function's agenda, so that not all saves meet in one place. */
export const SHARDS = 4;

/** in: a document's key. out: where it stands in the agenda, the same for each of its dates: 0 to SHARDS - 1 */
export const shardOf = (key: string): number => key.charCodeAt(key.length - 1) % SHARDS;
