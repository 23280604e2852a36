import { stripVTControlCharacters } from "node:util";
import { expect, it, vi } from "vitest";
import { createFooter } from "./footer.ts";

const CLEAR = "\r\u001b[K";

/** What a screen shows in the end, as far as lines are written, ended and cleared. */
function createScreen(columns: number | undefined) {
  let screen = "";
  return {
    ...(columns === undefined ? {} : { isTTY: true, columns }),
    write(text: string) {
      for (const [index, part] of text.split(CLEAR).entries())
        screen = (index > 0 ? screen.slice(0, screen.lastIndexOf("\n") + 1) : screen) + part;
    },
    lines: () => stripVTControlCharacters(screen).split("\n"),
  };
}

function open({ columns, letters = 0 }: { readonly columns?: number; readonly letters?: number }) {
  const out = createScreen(columns);
  const told = { letters };
  const footer = createFooter({ count: () => told.letters, where: " --data there", out, err: out });
  return { footer, told, lines: out.lines };
}

const HINT = ": npm run dead -- list --data there";

it("stays below what is printed on a terminal, and counts", async () => {
  const { footer, told, lines } = open({ columns: 80 });
  footer.print("before");
  footer.show();
  footer.print("one");
  footer.complain("two");
  expect(lines()).toEqual(["before", "one", "two", "no dead letters"]);
  told.letters = 2;
  await vi.waitFor(() => expect(lines()).toEqual(["before", "one", "two", `2 dead letters${HINT}`]));
  footer.close();
  footer.print("closing");
  expect(lines()).toEqual(["before", "one", "two", "closing", ""]);
});

it("is cut where a terminal has no room, which would break it in two", () => {
  const { footer, lines } = open({ columns: 20, letters: 1 });
  footer.show();
  footer.print("one");
  expect(lines()).toEqual(["one", "1 dead letter: npm "]);
  footer.close();
});

it("is as long as usual where a terminal says that it has no width", () => {
  const { footer, lines } = open({ columns: 0, letters: 1 });
  footer.show();
  expect(lines()).toEqual([`1 dead letter${HINT}`]);
  footer.close();
});

it("is printed where nobody looks at a terminal when the count has changed, and only then", async () => {
  const { footer, told, lines } = open({ letters: 1 });
  footer.show();
  footer.print("one");
  told.letters = 0;
  await vi.waitFor(() => expect(lines()).toEqual([`1 dead letter${HINT}`, "one", "no dead letters", ""]));
  footer.close();
});

it("says nothing of none where nobody looks", () => {
  const { footer, lines } = open({});
  footer.show();
  footer.close();
  expect(lines()).toEqual([""]);
});
