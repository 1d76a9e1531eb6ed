import type { Kind } from "./table.ts";

/** The versions of TLS that a listener may begin with, oldest first. */
export const TLS_VERSIONS = ["1.0", "1.1", "1.2", "1.3"] as const;
/** A version of TLS. */
export type TlsVersion = (typeof TLS_VERSIONS)[number];

const EXPECTED = '"1.0", "1.1", "1.2" or "1.3"';
const ONLY_NODE = '"1.2" or "1.3": Deno has nothing older, only Node has (WAYPOST_RUNTIME=node). A device that knows ' +
  "nothing newer may as well have a listener without TLS, for its own address alone";

/** The oldest TLS version of a listener. What the runtime does not have is an error, not a surprise for the device. */
export const tlsVersion: Kind<TlsVersion> = {
  name: "TLS version",
  expected: EXPECTED,
  range: '"1.0", "1.1", "1.2", "1.3"',
  property: "camel",
  read(value, { runtime }) {
    const version = TLS_VERSIONS.find((one) => one === value);
    if (version === undefined) return { problems: [{ expected: EXPECTED }] };
    const isOld = version === "1.0" || version === "1.1";
    return isOld && runtime === "deno" ? { problems: [{ expected: ONLY_NODE }] } : { value: version };
  },
};
