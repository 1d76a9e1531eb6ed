/** How many connections a server takes at a time. */
export interface AdmissionLimits {
  /** In all. */
  readonly max: number;
  /** From one address. */
  readonly maxPerAddress: number;
}

/** Whether a connection is taken, and what must be called when it is over. */
export interface Admission {
  /** Why the client is turned away, or null. */
  readonly turnedAway: string | null;
  /** Gives the place back; call it exactly once. */
  readonly leave: () => void;
}

/** Counts the connections of a server. */
export function createAdmission(limits: () => AdmissionLimits): (address: string) => Admission {
  const byAddress = new Map<string, number>();
  let all = 0;
  return (address) => {
    const { max, maxPerAddress } = limits();
    const own = byAddress.get(address) ?? 0;
    const turnedAway = all >= max
      ? "Too many connections, try again later"
      : own >= maxPerAddress
      ? "Too many connections from your address, try again later"
      : null;
    all++;
    byAddress.set(address, own + 1);
    return {
      turnedAway,
      leave() {
        all--;
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left > 0) byAddress.set(address, left);
        else byAddress.delete(address);
      },
    };
  };
}
