import type { OrderBody } from "./order-body.ts";

const CUSTOMERS = ["Ada Example", "Grace Sample", "Alan Muster", "Edsger Voorbeeld"] as const;
const GOODS = [
  { sku: "mug-blue", unitPrice: 1250 },
  { sku: "notebook-a5", unitPrice: 690 },
  { sku: "pencil-set", unitPrice: 1890 },
  { sku: "lamp-desk", unitPrice: 4990 },
] as const;

/** A complete order made up from its id: the same id, the same order. */
export function dummyOrder(orderId: string): OrderBody {
  const number = [...orderId].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 99_991, 7);
  const name = pick(CUSTOMERS, number);
  return {
    customer: { name, email: `${name.toLowerCase().replace(" ", ".")}@example.com` },
    items: [{ ...pick(GOODS, number >> 2), quantity: 1 + (number % 3) }],
    currency: "EUR",
  };
}

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length] as T;
