/** An address split into host and port: "127.0.0.1:6379", "[::1]:6379", "*:6379". */
export function splitAddress(address: string): { host: string; port: string } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: address.slice(at + 1) };
}
