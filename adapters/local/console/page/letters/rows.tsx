import { useState } from "preact/hooks";
import type { LetterView } from "../../api-types.ts";
import { Badge } from "../badge.tsx";
import { toHash } from "../route.ts";
import { shortType } from "../short-type.ts";
import { Time } from "../time.tsx";
import { LetterEdit } from "./edit.tsx";
import { type Group, lettersOf } from "./groups.ts";

/** What may be done with letters, and what is being done. */
export interface Acting {
  readonly busy: ReadonlySet<string>;
  /** Why one stays, by its digest. */
  readonly stays: Readonly<Record<string, string>>;
  readonly edited?: string | undefined;
  edit(digest: string | undefined): void;
  replay(letters: readonly LetterView[]): void;
  /** out: why it stays */
  mend(letter: LetterView, data: unknown): Promise<string | undefined>;
  /** Asks first. */
  drop(letters: readonly LetterView[]): void;
}

interface GroupRowsProps {
  readonly group: Group;
  readonly acting: Acting;
}

const COLUMNS = 4;
/** Of one group, until somebody wants all. */
const MOST_SHOWN = 8;

/** What died of one thing, and each letter of it. */
export function GroupRows({ group, acting }: GroupRowsProps) {
  const { code, reason, topic, count, letters } = group;
  const [isAll, setAll] = useState(false);
  const isBusy = letters.some(({ digest }) => acting.busy.has(digest));
  const what = `${group.function ?? "nobody"}, ${code}: ${reason}`;
  const shown = isAll ? letters : letters.slice(0, MOST_SHOWN);
  return (
    <tbody>
      <tr class="letter-group">
        <th scope="rowgroup" colSpan={COLUMNS}>
          <span class="letter-head">
            <span class="letter-what">
              <b>{group.function ?? "nobody knows where"}</b>
              {topic !== undefined && <span class="dim"> on {topic}</span>} <Badge tone="bad">{code}</Badge> {reason}
              <span class="dim">
                {" "}
                {lettersOf(count)}
                {letters.length < count && `, of which the newest ${letters.length} are read`}
              </span>
            </span>
            <span class="letter-buttons">
              <button
                type="button"
                aria-label={`Replay all of ${what}`}
                disabled={isBusy || letters.length === 0}
                onClick={() => acting.replay(letters)}
              >
                Replay all
              </button>
              <button
                type="button"
                class="danger plain"
                aria-label={`Drop all of ${what}`}
                disabled={isBusy || letters.length === 0}
                onClick={() => acting.drop(letters)}
              >
                Drop all
              </button>
            </span>
          </span>
        </th>
      </tr>
      {shown.map((letter) => (
        <LetterRow key={letter.digest} letter={letter} group={group} acting={acting} />
      ))}
      {shown.length < letters.length && (
        <tr>
          <td colSpan={COLUMNS}>
            <button type="button" class="plain" onClick={() => setAll(true)}>
              Show {letters.length - shown.length} more
            </button>
          </td>
        </tr>
      )}
    </tbody>
  );
}

interface LetterRowProps extends GroupRowsProps {
  readonly letter: LetterView;
}

/** As the command line takes it. */
const ID_LENGTH = 12;

function LetterRow({ letter, group, acting }: LetterRowProps) {
  const { digest, type, subject, eventId, time, reason } = letter;
  const isBusy = acting.busy.has(digest);
  const isEdited = acting.edited === digest;
  const at = Date.parse(time ?? "");
  const stays = acting.stays[digest];
  const id = digest.slice(0, ID_LENGTH);
  return (
    <>
      <tr class="letter">
        <th scope="row">
          {shortType(type)} <span class="mono dim">{id}</span>
          {reason !== group.reason && <span class="letter-reason">{reason}</span>}
          {stays !== undefined && (
            <span class="letter-reason" role="alert">
              <Badge tone="bad">stays</Badge> {stays}
            </span>
          )}
        </th>
        <td>
          <a class="mono" href={toHash({ view: "story", id: eventId })} title="Its story">
            {subject ?? eventId}
          </a>
        </td>
        <td>{Number.isFinite(at) && <Time at={at} />}</td>
        <td>
          {!isEdited && (
            <span class="letter-buttons">
              <button type="button" aria-label={`Edit ${id}`} disabled={isBusy} onClick={() => acting.edit(digest)}>
                Edit
              </button>
              <button
                type="button"
                aria-label={`Replay ${id}`}
                disabled={isBusy}
                onClick={() => acting.replay([letter])}
              >
                Replay
              </button>
              <button
                type="button"
                class="danger plain"
                aria-label={`Drop ${id}`}
                disabled={isBusy}
                onClick={() => acting.drop([letter])}
              >
                Drop
              </button>
            </span>
          )}
        </td>
      </tr>
      {isEdited && (
        <tr class="letter-editing">
          <td colSpan={COLUMNS}>
            <LetterEdit
              letter={letter}
              onReplay={(data) => acting.mend(letter, data)}
              onClose={() => acting.edit(undefined)}
            />
          </td>
        </tr>
      )}
    </>
  );
}
