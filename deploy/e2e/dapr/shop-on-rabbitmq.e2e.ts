import { brokers } from "./brokers.ts";
import { describeShop } from "./describe-shop.ts";

describeShop(brokers.rabbitmq);
