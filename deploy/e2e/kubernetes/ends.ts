import { pause } from "../shop/orders.ts";
import { list, type PodObject } from "./kubectl.ts";

const EVERY_MS = 500;

/** Watches the pods of services end, until something has happened. out: seconds from the word to the end, by pod */
export async function watchEnds(namespace: string, happened: Promise<unknown>): Promise<ReadonlyMap<string, number>> {
  const told = new Map<string, number>();
  const ended = new Map<string, number>();
  let over = false;
  const end = happened.finally(() => {
    over = true;
  });
  const look = async () => {
    const pods = await list<PodObject>("pods", "-n", namespace, "-l", "app.kubernetes.io/component=service");
    const ending = pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    for (const { metadata } of ending) if (!told.has(metadata.name)) told.set(metadata.name, Date.now());
    for (const [name, since] of told)
      if (!ended.has(name) && !ending.some(({ metadata }) => metadata.name === name))
        ended.set(name, (Date.now() - since) / 1_000);
  };
  while (!over) {
    await look();
    await pause(EVERY_MS);
  }
  await end;
  await look();
  return ended;
}
