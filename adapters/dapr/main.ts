import { runService } from "./service.ts";

await runService(process.argv[2] ?? "");
