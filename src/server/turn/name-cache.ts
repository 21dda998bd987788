/** An agent may give each event another name, and make them of long texts. */
const maxNames = 1_000;
const maxLength = 64;

/** What is made of a name, so that it is made once: most agents use a few names again and again. */
export class NameCache<Made> {
  readonly #made = new Map<string, Made>();
  readonly #make: (name: string) => Made;

  /** @param make - Nothing is kept of a name that it gives `undefined` for. */
  constructor(make: (name: string) => Made) {
    this.#make = make;
  }

  of(name: string): Made {
    return this.#made.get(name) ?? this.#add(name);
  }

  #add(name: string): Made {
    const made = this.#make(name);
    const isKept = made !== undefined && this.#made.size < maxNames && name.length <= maxLength;
    if (isKept) this.#made.set(name, made);
    return made;
  }
}
