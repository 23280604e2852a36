import {
  type CollectionTag,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  type ScalarTag,
} from "yaml";
import { InputError, said } from "../resource.ts";
import { declaredIn } from "./for-each.ts";
import type { Resource } from "./resource.ts";
import { listIn, mapIn, UNKNOWN, type Value, type Values } from "./value.ts";

const FUNCTIONS = ["Sub", "GetAtt", "If", "Equals", "Not", "And", "Or", "Join", "Select", "Split", "FindInMap"];
const OTHERS = ["ImportValue", "GetAZs", "Base64", "Cidr", "Transform", "Length", "ToJsonString"];
const keyOf = (name: string) => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);

/** As CloudFormation's short forms are longer ones. */
const TAGS: (ScalarTag | CollectionTag)[] = ["Ref", "Condition", ...FUNCTIONS, ...OTHERS].flatMap((name) => [
  { tag: `!${name}`, resolve: (text: string) => ({ [keyOf(name)]: text }) },
  { tag: `!${name}`, collection: "seq", resolve: (list) => ({ [keyOf(name)]: list.toJSON() }) },
  { tag: `!${name}`, collection: "map", resolve: (map) => ({ [keyOf(name)]: map.toJSON() }) },
]);

const LOOKS = /(?:^|[{,])\s*"?(?:AWSTemplateFormatVersion|Transform|Resources|TemplateBody)"?\s*:/m;

/** As in the annotations of a manifest. */
const EXCEPTION = "doctor.loosely/";

/** Whether a text is a template, or what `aws cloudformation get-template` says of a stack. */
export const isTemplate = (text: string): boolean => LOOKS.test(text) && text.includes("AWS::");

/**
 * The resources of a template, as they are where all parameters are by default.
 *
 * in      YAML or JSON
 * throws  InputError for what is neither
 * source  AWS CloudFormation User Guide, "Intrinsic function reference"; "get-template" of the AWS CLI
 */
export function fromTemplate(text: string): readonly Resource[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { customTags: TAGS, lineCounter: lines, uniqueKeys: false });
  const root = valuesOf(document);
  if (!("TemplateBody" in root)) return read(root, placesIn(document, lines, []));
  if (typeof root.TemplateBody !== "string")
    return read(mapIn(root.TemplateBody), placesIn(document, lines, ["TemplateBody"]));
  const body = valuesOf(parseDocument(root.TemplateBody, { customTags: TAGS, uniqueKeys: false }));
  const line = placesIn(document, lines, [])(["TemplateBody"]);
  return read(body, () => line);
}

function valuesOf(document: Document.Parsed): Values {
  const [error] = document.errors;
  if (error) {
    const { reason, line } = said(error);
    throw new InputError(reason, line);
  }
  return mapIn(document.toJS());
}

type Places = (path: readonly string[]) => number | undefined;

/** The line of a path's last key; of what stands in a tag's value, that of the tag's key. */
function placesIn(document: Document, lines: LineCounter, root: readonly string[]): Places {
  return (path) => {
    let node: unknown = document.contents;
    let start: number | undefined;
    for (const name of [...root, ...path]) {
      if (isSeq(node)) {
        node = node.items[Number(name)];
        continue;
      }
      const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === name) : undefined;
      if (!pair) break;
      // What a resource does not say is where it begins.
      if (name !== "Properties") start = (pair.key as Scalar).range?.[0];
      node = pair.value;
    }
    return start === undefined ? undefined : lines.linePos(start).line;
  };
}

function read(template: Values, places: Places): readonly Resource[] {
  const declarations = declaredIn(mapIn(template.Resources), createResolve(template, {}));
  const resources = Object.fromEntries(declarations.map(({ id, value }) => [id, value]));
  const resolve = createResolve(template, resources);
  const defaults = mapIn(resolve(mapIn(template.Globals).Function));
  return declarations.flatMap(({ id, value, path: declared }) => {
    const { Type, Properties, Condition, DeletionPolicy, Metadata } = mapIn(value);
    if (typeof Type !== "string" || (typeof Condition === "string" && resolve({ Condition }) === false)) return [];
    const own = mapIn(resolve(Properties));
    const properties = Type === "AWS::Serverless::Function" ? merge(defaults, own) : own;
    const lineOf = (...path: readonly string[]) =>
      places([...declared, ...(path.length > 0 ? ["Properties", ...path] : [])]);
    return {
      ...{ id, type: Type, properties, lineOf },
      deletionPolicy: resolve(DeletionPolicy),
      excepted: exceptionsIn(mapIn(Metadata)),
    };
  });
}

/** An exception has a reason. */
const exceptionsIn = (metadata: Values): ReadonlySet<string> =>
  new Set(
    Object.entries(metadata).flatMap(([key, reason]) =>
      key.startsWith(EXCEPTION) && typeof reason === "string" && reason.trim() !== ""
        ? key.slice(EXCEPTION.length)
        : [],
    ),
  );

/** source: AWS SAM Developer Guide, "Globals section": maps are merged, lists are joined, all else is overridden */
function merge(global: Values, own: Values): Values {
  const merged: Record<string, Value> = { ...global, ...own };
  for (const key of ["Environment", "Tags", "EventInvokeConfig"]) {
    if (global[key] && own[key]) merged[key] = deep(mapIn(global[key]), mapIn(own[key]));
  }
  return merged;
}

const deep = (a: Values, b: Values): Values =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => {
      const isMap = [a[key], b[key]].every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
      return [key, isMap ? deep(mapIn(a[key]), mapIn(b[key])) : (b[key] ?? a[key])];
    }),
  );

function createResolve(template: Values, resources: Values): (value: Value) => Value {
  const parameters = mapIn(template.Parameters);
  const conditions = mapIn(template.Conditions);
  const reference = (id: string): Value => {
    if (id === "AWS::NoValue") return undefined;
    if (id.startsWith("AWS::")) return `<${id.slice(5)}>`;
    if (id in resources) return `@${id}`;
    const { Default, Type } = mapIn(parameters[id]);
    return Default === undefined || String(Type).startsWith("AWS::SSM") ? UNKNOWN : Default;
  };
  const substitute = (text: string, own: Values): Value => {
    const known = (name: string) => (name in own ? resolve(own[name]) : reference(name.split(".")[0] ?? ""));
    const names = Array.from(text.matchAll(/\$\{([^!}]+)\}/g), ([, name = ""]) => name);
    if (names.some((name) => known(name) === UNKNOWN)) return UNKNOWN;
    return text.replace(/\$\{([^!}]+)\}/g, (_, name: string) => String(known(name)));
  };
  const logical = (list: readonly Value[], to: (known: readonly boolean[]) => Value): Value =>
    list.includes(UNKNOWN) ? UNKNOWN : to(list.map((each) => each === true));

  const asked = new Set<string>();
  /** One that is not there, or asks for itself, is not known. */
  const condition = (name: string): Value => {
    if (!(name in conditions) || asked.has(name)) return UNKNOWN;
    asked.add(name);
    const holds = resolve(conditions[name]);
    asked.delete(name);
    return holds;
  };

  const called: Readonly<Record<string, (argument: Value) => Value>> = {
    Ref: (id) => reference(String(id)),
    Condition: (name) => condition(String(name)),
    "Fn::GetAtt": (to) => {
      const of = Array.isArray(to) ? resolve(to[0]) : to;
      return typeof of === "string" ? reference(of.split(".")[0] ?? "") : UNKNOWN;
    },
    "Fn::Sub": (to) => (Array.isArray(to) ? substitute(String(to[0]), mapIn(to[1])) : substitute(String(to), {})),
    "Fn::Join": (to) => {
      const [between, parts] = listIn(to);
      const known = resolve(parts);
      return Array.isArray(known) && !known.includes(UNKNOWN) ? known.join(String(between)) : UNKNOWN;
    },
    "Fn::If": (to) => {
      const [name, yes, no] = listIn(to);
      const holds = condition(String(name));
      return holds === UNKNOWN ? UNKNOWN : resolve(holds === true ? yes : no);
    },
    "Fn::Equals": (to) => {
      const [a, b] = listIn(to).map(resolve);
      return a === UNKNOWN || b === UNKNOWN ? UNKNOWN : String(a) === String(b);
    },
    "Fn::Not": (to) => logical(listIn(to).map(resolve), ([holds]) => !holds),
    "Fn::And": (to) => logical(listIn(to).map(resolve), (all) => all.every(Boolean)),
    "Fn::Or": (to) => logical(listIn(to).map(resolve), (all) => all.some(Boolean)),
  };

  function resolve(value: Value): Value {
    if (Array.isArray(value)) return value.map(resolve).filter((each) => each !== undefined);
    if (typeof value !== "object" || value === null) return value;
    const [key = "", ...more] = Object.keys(value);
    const call = more.length === 0 ? called[key] : undefined;
    // In a policy, "Condition" is a map of its own.
    if (call && !(key === "Condition" && typeof (value as Values)[key] !== "string"))
      return call((value as Values)[key]);
    if (more.length === 0 && key.startsWith("Fn::")) return UNKNOWN;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, resolve(member)]));
  }
  return resolve;
}
