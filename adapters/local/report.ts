/** One line of what a sidecar has to tell. Never data of an event. */
export interface ReportLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly msg: string;
  readonly [field: string]: unknown;
}

export type Report = (line: ReportLine) => void;
