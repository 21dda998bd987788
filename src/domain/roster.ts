/** Where a member is in its roster. */
export class Place<Member> {
  readonly member: Member;
  /** In the list; -1 once the member has left. */
  index: number;

  constructor(member: Member, index: number) {
    this.member = member;
    this.index = index;
  }
}

/**
 * Members that come and go with each turn or request, in any order.
 *
 * Not a `Set`: as members come and go, V8 gives a set another table now and then, and each table leads to the next one and keeps the members
 * that it had. One that is old takes the later ones into the old generation with it, and with them whole turns: half of what
 * turns left there came from sets.
 */
export class Roster<Member> {
  readonly #places: Place<Member>[] = [];

  get size(): number {
    return this.#places.length;
  }

  add(member: Member): Place<Member> {
    const place = new Place(member, this.#places.length);
    this.#places.push(place);
    return place;
  }

  /** False if the member has left before. */
  remove(place: Place<Member>): boolean {
    const { index } = place;
    if (index < 0) return false;
    place.index = -1;
    const last = this.#places.pop();
    if (last !== undefined && last !== place) {
      this.#places[index] = last;
      last.index = index;
    }
    return true;
  }

  /** The places of those who are there now. They may leave while the list is read. */
  list(): Place<Member>[] {
    return this.#places.slice();
  }
}
