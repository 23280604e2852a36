/** com.example.parcel.sent.v1 → parcel.sent */
export const shortType = (type: string): string => type.replace(/^(?:[^.]+\.){2}(?=[^.]+\.)|\.v\d+$/g, "");
