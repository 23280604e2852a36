interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Of a link. */
export interface Way {
  /** As SVG writes it. */
  readonly path: string;
  /** Near its end, where it is said how much waits there. */
  readonly label: { readonly x: number; readonly y: number };
}

const BEND = 8;
/** How long the point of an arrow is: there a link ends. */
const POINT = 6;

/** From the right side to the left one. */
export function forward(from: Box, to: Box): Way {
  const [startX, endX] = [from.x + from.width / 2, to.x - to.width / 2 - POINT];
  const middle = (startX + endX) / 2;
  return {
    path: `M${startX} ${from.y} C${middle} ${from.y} ${middle} ${to.y} ${endX} ${to.y}`,
    label: { x: endX - 10, y: to.y },
  };
}

/** From the right side out, along `y` back, and in from there. aside: from the middle of where it ends */
export function around(from: Box, to: Box, { y, out, aside }: { y: number; out: number; aside: number }): Way {
  const isAbove = y < to.y;
  const side = isAbove ? -1 : 1;
  const endX = to.x - aside;
  const endY = to.y + side * (to.height / 2 + POINT);
  const path = [
    `M${from.x + from.width / 2} ${from.y}`,
    `H${out - BEND}`,
    `Q${out} ${from.y} ${out} ${from.y + side * BEND}`,
    `V${y - side * BEND}`,
    `Q${out} ${y} ${out - BEND} ${y}`,
    `H${endX + BEND}`,
    `Q${endX} ${y} ${endX} ${y - side * BEND}`,
    `V${endY}`,
  ];
  return { path: path.join(" "), label: { x: endX, y: endY + side * 12 } };
}
