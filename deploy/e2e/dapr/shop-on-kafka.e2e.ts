import { brokers } from "./brokers.ts";
import { describeShop } from "./describe-shop.ts";
import { describeLongAbsence } from "./long-absence.ts";

// Nothing else takes as long as this.
describeLongAbsence(() => describeShop(brokers.kafka));
