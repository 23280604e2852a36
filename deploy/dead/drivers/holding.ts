/** Letters that are held for one run: nobody else sees them until it ends, however long somebody thinks or edits. */
export interface Holding {
  readonly size: number;
  has(id: string): boolean;
  /** in: what the broker wants to hear of it, as it came last */
  take(id: string, handle: string): void;
  handleOf(id: string): string | undefined;
  /** It is taken out for good. */
  leave(id: string): void;
  /** From now on each is held for so long, again and again: so long are they held still where the run is killed. */
  renew(seconds: number): void;
  /** throws: Error for those that could not be */
  giveBack(): Promise<void>;
}

interface HoldingOptions {
  readonly mostAtOnce: number;
  /** Has the broker hold some from now on, or with 0 let go of them. */
  set(handles: readonly string[], seconds: number): Promise<void>;
}

export function createHolding({ mostAtOnce, set }: HoldingOptions): Holding {
  const handles = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<void> | undefined;
  let isOver = false;
  let heldFor = 0;

  const setAll = async (seconds: number): Promise<void> => {
    const all = [...handles.values()];
    let fault: Error | undefined;
    // One call that fails leaves the others what they are due.
    for (let from = 0; from < all.length && !(isOver && seconds > 0); from += mostAtOnce)
      await set(all.slice(from, from + mostAtOnce), seconds).catch((error) => {
        fault ??= error;
      });
    if (fault) throw fault;
  };

  return {
    get size() {
      return handles.size;
    },
    has: (id) => handles.has(id),
    take: (id, handle) => void handles.set(id, handle),
    handleOf: (id) => handles.get(id),
    leave: (id) => void handles.delete(id),
    renew(seconds) {
      heldFor = seconds;
      clearInterval(timer);
      timer = setInterval(() => {
        renewing ??= setAll(seconds)
          .catch(() => {})
          .finally(() => {
            renewing = undefined;
          });
      }, seconds * 500);
      timer.unref();
    },
    async giveBack() {
      isOver = true;
      clearInterval(timer);
      // What is still on its way would hold them once more.
      await renewing;
      try {
        await setAll(0);
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`not all letters were given back: they are held for up to ${heldFor} s: ${message}`, {
          cause: error,
        });
      }
    },
  };
}
