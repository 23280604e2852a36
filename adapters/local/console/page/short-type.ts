/** com.example.parcel.sent.v1 → parcel.sent */
export const shortType = (type: string | undefined): string =>
  (type ?? "not an event").replace(/^(?:[^.]+\.){2}(?=[^.]+\.)|\.v\d+$/g, "");
