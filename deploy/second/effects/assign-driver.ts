import { derivedId } from "../../../adapters/core/event/ids.ts";
import type { AssignDriver } from "../functions/dispatching/handler.ts";

export const createAssignDriver = (): AssignDriver => async (request) => `d-${derivedId("driver", request.key)}`;
