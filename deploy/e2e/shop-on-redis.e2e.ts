import { brokers } from "./brokers.ts";
import { describeShop } from "./describe-shop.ts";
import { describeLongAbsence } from "./long-absence.ts";

describeLongAbsence(() => describeShop(brokers.redis));
