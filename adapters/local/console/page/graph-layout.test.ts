import { expect, test } from "vitest";
import { type Layout, layOut, type Node } from "./graph-layout.ts";

const fn = (name: string, hears: readonly string[], says: readonly string[]) => ({
  name,
  keeps: "nothing" as const,
  hears: hears.map((topic) => ({ topic, type: `com.example.${topic}.v1` })),
  says: says.map((topic) => ({ topic, type: `com.example.${topic}.v1` })),
});
const edge = (of: string) => ({ of, method: "POST", path: `/${of}`, url: "" });

const circle = layOut({
  functions: [
    fn("order", ["bills", "parcels"], ["orders"]),
    fn("billing", ["orders"], ["bills"]),
    fn("mail", ["orders"], []),
    fn("shipping", ["orders"], ["parcels"]),
  ],
  edges: [edge("order")],
});

const at = ({ nodes }: Layout, name: string) => nodes.find((node) => node.name === name) as Node;
const boxOf = ({ x, y, width, height }: Node) => ({
  left: x - width / 2,
  right: x + width / 2,
  top: y - height / 2,
  bottom: y + height / 2,
});

test("what leads to something stands left of it", () => {
  const columns = ["POST /order", "order", "orders", "billing", "bills"].map((name) => at(circle, name).x);
  expect(columns).toEqual(columns.toSorted((one, other) => one - other));
  expect(at(circle, "billing").x).toBe(at(circle, "shipping").x);
});

test("nothing lies over anything else, and all of it lies within the picture", () => {
  const boxes = circle.nodes.map(boxOf);
  for (const [index, one] of boxes.entries())
    for (const other of boxes.slice(index + 1))
      expect(
        one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top,
      ).toBe(true);
  expect(Math.min(...boxes.flatMap(({ left, top }) => [left, top]))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...boxes.map(({ right }) => right))).toBeLessThanOrEqual(circle.width);
  expect(Math.max(...boxes.map(({ bottom }) => bottom))).toBeLessThanOrEqual(circle.height);
});

test("a link that leads back goes round the others, so that it crosses none of them", () => {
  const back = circle.links.filter(({ from, to }) => from.x > to.x);
  expect(back.map(({ from, to }) => `${from.name} ${to.name}`)).toEqual(["bills order", "parcels order"]);
  const { top, bottom } = {
    top: Math.min(...circle.nodes.map((node) => boxOf(node).top)),
    bottom: Math.max(...circle.nodes.map((node) => boxOf(node).bottom)),
  };
  const lanes = back.map(({ path }) => Number(/V(\S+)/.exec(path)?.[1]));
  expect(lanes.every((y) => y < top || y > bottom)).toBe(true);
  expect(circle.links.filter(({ from, to }) => from.x < to.x)).toHaveLength(7);
});

test.each([
  ["nothing", [], [], 0],
  ["a function that hears itself", [fn("echo", ["calls"], ["calls"])], [], 2],
  ["a function that only somebody else speaks to", [fn("alone", ["calls"], [])], [], 2],
  ["a function behind an edge that says nothing", [fn("sink", [], [])], [edge("sink")], 2],
])("%s is drawn", (_, functions, edges, count) => {
  const { nodes, width, height } = layOut({ functions, edges });
  expect(nodes).toHaveLength(count);
  expect(nodes.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
  expect([width, height].every(Number.isFinite)).toBe(true);
});
