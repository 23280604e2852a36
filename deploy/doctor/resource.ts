import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
  type YAMLParseError,
} from "yaml";
import type { Source } from "./checks.ts";
import { listAt, type Path, type Shape, shapeAt, textAt, valueAt } from "./shape.ts";

/** Where a finding is. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  /** Ids of the rules that the object there is excepted from, by an annotation that says why. */
  readonly excepted?: ReadonlySet<string>;
}

/** An object of Kubernetes or Dapr, and where each of its fields stands. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly value: Shape;
  /** The only document of its file. */
  readonly isAlone: boolean;
  /** out: the place of the field, or of the nearest around it that is there */
  at(...path: Path): Place;
}

/** What whoever called can mend: nothing to read, or nothing that can be read. */
export class InputError extends Error {
  readonly line: number | undefined;

  /** in: line, where the message does not name the file yet */
  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

/**
 * The objects of a text of YAML or JSON documents, those in lists of kubectl's among them. What is no object of Kubernetes, Dapr or
 * its CLI is passed over.
 *
 * throws  InputError with the place of what is no YAML
 */
export function parseResources({ file, text }: Source): readonly Resource[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { ...OPTIONS, lineCounter: lines });
  const all = Array.isArray(documents) ? documents : [];
  return all.flatMap((document) => {
    refuse(document, file);
    const root = toJs(document, file);
    const place = (path: Path): Place => {
      const offset = offsetOf(document.contents as Node | null, path);
      return offset === undefined ? { file } : { file, line: lines.linePos(offset).line };
    };
    return itemsOf(root).flatMap(({ value, path }) => {
      const resource = toResource(value, (...inner) => place([...path, ...inner]));
      return resource ? [{ ...resource, isAlone: all.length === 1 && path.length === 0 }] : [];
    });
  });
}

/** kubectl takes merges of maps, and of two equal keys the last. */
const OPTIONS = { uniqueKeys: false, logLevel: "error", merge: true } as const;

/** The value of a text that is one document. throws: InputError, as parseResources does */
export function documentIn({ file, text }: Source): unknown {
  const document = parseDocument(text, OPTIONS);
  refuse(document, file);
  return toJs(document, file);
}

/** What is wrong with a text of YAML, in one line, and where. */
export function said({ message, linePos }: YAMLParseError): { readonly reason: string; readonly line?: number } {
  const [reason = ""] = message.split("\n");
  return { reason: reason.replace(/ at line.*$|:$/, ""), ...(linePos && { line: linePos[0].line }) };
}

/** throws: InputError with the place of the first error */
function refuse({ errors: [error] }: Pick<Document.Parsed, "errors">, file: string): void {
  if (!error) return;
  const { line, reason } = said(error);
  throw new InputError(`${file}${line === undefined ? "" : `:${line}`}: ${reason}`);
}

function toJs(document: { toJS(): unknown }, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
}

function itemsOf(value: unknown, path: Path = []): readonly { readonly value: unknown; readonly path: Path }[] {
  if (!textAt(value, "kind")?.endsWith("List")) return [{ value, path }];
  return listAt(value, "items").flatMap((item, index) => itemsOf(item, [...path, "items", index]));
}

const EXCEPTION = /^doctor\.loosely\/(.+)$/;

function exceptionsOf(value: unknown): ReadonlySet<string> {
  const annotations = Object.entries(shapeAt(value, "metadata", "annotations"));
  return new Set(annotations.flatMap(([name, reason]) => (reason ? (EXCEPTION.exec(name)?.[1] ?? []) : [])));
}

/** out: undefined for what is none. The file of `dapr run -f` is one of the kind Run. */
function toResource(value: unknown, at: Resource["at"]): Omit<Resource, "isAlone"> | undefined {
  const [apiVersion, kind] = [textAt(value, "apiVersion"), textAt(value, "kind")];
  const excepted = exceptionsOf(value);
  const common = {
    namespace: textAt(value, "metadata", "namespace"),
    value: shapeAt(value),
    at: (...path: Path) => ({ ...at(...path), excepted }),
  };
  if (apiVersion !== undefined && kind !== undefined)
    return { apiVersion, kind, name: textAt(value, "metadata", "name") ?? "", ...common };
  const isRun = textAt(value, "version") === "1" && Array.isArray(valueAt(value, "apps"));
  return isRun ? { apiVersion: "dapr run", kind: "Run", name: "", ...common } : undefined;
}

function offsetOf(root: Node | null, path: Path): number | undefined {
  let [node, offset]: [Node | null | undefined, number | undefined] = [root, root?.range?.[0]];
  for (const key of path) {
    if (isAlias(node)) break;
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      if (!item) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset;
}
