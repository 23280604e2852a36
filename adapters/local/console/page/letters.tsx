import { useState } from "preact/hooks";
import type { LetterAct, LetterActed, LetterView } from "../api-types.ts";
import { post } from "./api.ts";
import { Badge } from "./badge.tsx";
import { Confirm } from "./letters/confirm.tsx";
import { lettersOf, toGroups, toOutcomes } from "./letters/groups.ts";
import { type Acting, GroupRows } from "./letters/rows.tsx";
import { useLetters } from "./letters/use-letters.ts";
import { PendingView } from "./pending.tsx";
import { toHash } from "./route.ts";

/** What no function could handle: why, and what can be done about it. */
export function LettersView() {
  const { letters, problem, again } = useLetters();
  const { acting, acted, trouble, asked, close } = useActing(again);
  const groups = letters ? toGroups(letters) : [];
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="letters-view">
      <section class="panel letters" aria-labelledby="letters-title">
        <header>
          <h1 id="letters-title">Dead letters</h1>
          {letters && <span class="dim">{total === 0 ? "none" : lettersOf(total)}</span>}
        </header>
        <div role="status" class="letters-said">
          {acted && (
            <p>
              <b>{toOutcomes(acted)}</b>. In a terminal: <code>{acted.command}</code>
            </p>
          )}
        </div>
        {(trouble ?? problem) !== undefined && (
          <p class="letters-note" role="alert">
            <Badge tone="bad">{trouble ?? problem}</Badge>
          </p>
        )}
        {letters?.note && <p class="letters-note dim">{letters.note}</p>}
        {!letters && problem === undefined && <p class="letters-note dim">Reading…</p>}
        {letters && total === 0 && <NoLetters />}
        {total > 0 && (
          <table class="letters-table" aria-label="Dead letters">
            <thead>
              <tr>
                <th scope="col">Event</th>
                <th scope="col">Story</th>
                <th scope="col">Died</th>
                <th scope="col">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            {groups.map((group) => (
              <GroupRows key={group.key} group={group} acting={acting} />
            ))}
          </table>
        )}
        {asked.length > 0 && (
          <Confirm
            question={`Drop ${lettersOf(asked.length)}?`}
            text={
              asked.length === 1
                ? "Its event is lost then: nothing brings it back."
                : "Their events are lost then: nothing brings them back."
            }
            yes="Drop for good"
            no="Keep"
            onYes={close.drop}
            onClose={close.keep}
          />
        )}
      </section>
      <PendingView />
    </div>
  );
}

const NoLetters = () => (
  <div class="letters-none">
    <p>
      <b>Nothing has died.</b> What no function can handle comes here with its reason, to be mended and replayed.
    </p>
    <p>
      To see one, <a href={toHash({ view: "send" })}>send a broken event</a>.
    </p>
  </div>
);

/** What is done with letters: one thing after the other, and what came of it. */
function useActing(again: () => void) {
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const [edited, setEdited] = useState<string>();
  const [stays, setStays] = useState<Readonly<Record<string, string>>>({});
  const [asked, setAsked] = useState<readonly LetterView[]>([]);
  const [acted, setActed] = useState<LetterActed>();
  const [trouble, setTrouble] = useState<string>();
  const act = async (what: LetterAct): Promise<string | undefined> => {
    setBusy(new Set(what.digests));
    setTrouble(undefined);
    setActed(undefined);
    try {
      const answer = await post<LetterActed>("letters", what);
      setActed(answer);
      const those = answer.results.filter(({ why }) => why !== undefined);
      setStays(Object.fromEntries(those.map(({ digest, why }) => [digest, why ?? ""])));
      again();
      return those[0]?.why;
    } catch (error) {
      const { message } = error as Error;
      // Of what is mended it stands beside it.
      if (what.data === undefined) setTrouble(message);
      return message;
    } finally {
      setBusy(new Set());
    }
  };
  const digestsOf = (letters: readonly LetterView[]) => letters.map(({ digest }) => digest);
  const acting: Acting = {
    ...{ busy, stays, edited, edit: setEdited, drop: setAsked },
    replay: (letters) => void act({ do: "replay", digests: digestsOf(letters) }),
    async mend({ digest }, data) {
      const why = await act({ do: "replay", digests: [digest], data });
      if (why === undefined) setEdited(undefined);
      else setStays({});
      return why;
    },
  };
  const close = {
    drop: () => void act({ do: "drop", digests: digestsOf(asked) }),
    keep: () => setAsked([]),
  };
  return { acting, acted, trouble, asked, close };
}
