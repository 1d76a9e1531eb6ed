/** How many connections a server takes at a time. */
export interface AdmissionLimits {
  /** In all. */
  readonly max: number;
  /** From one address. */
  readonly maxPerAddress: number;
}

/** Why a client is not let in. */
export interface TurnedAway {
  /** What the client is told. */
  readonly text: string;
  /** What the owner reads. */
  readonly cause: string;
  /** Whether it may be let in later; false: not as long as the settings stay as they are. */
  readonly forNow: boolean;
}

/** Whether a connection is taken, and what must be called when it is over. */
export interface Admission {
  /** Why the client is turned away, or null. */
  readonly turnedAway: TurnedAway | null;
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
      ? tooMany("Too many connections, try again later", `${max} connections are open, as many as are allowed`)
      : own >= maxPerAddress
      ? tooMany(
        "Too many connections from your address, try again later",
        `${maxPerAddress} connections from ${address} are open, as many as are allowed`,
      )
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

function tooMany(text: string, cause: string): TurnedAway {
  return { text, cause, forNow: true };
}

/** A set of networks, as far as it concerns who may connect. */
export interface AllowedNetworks {
  contains(address: string): boolean;
  readonly list: readonly string[];
}

/** Why a client at this address may not connect, or null. No networks: everybody may. */
export function whyOutside(networks: AllowedNetworks, address: string): TurnedAway | null {
  if (networks.list.length === 0 || networks.contains(address)) return null;
  return {
    text: `Clients at ${address} may not connect here`,
    cause: `${address} is in none of the listener's networks: ${networks.list.join(", ")}`,
    forNow: false,
  };
}
