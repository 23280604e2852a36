/** com.example.order.paid.v1 → order.paid.v1 */
export const shortType = (type: string): string => type.split(".").slice(2).join(".") || type;
