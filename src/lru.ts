/** Values by key up to a limit; the one that was not used for longest makes room for a new one. */
export class Lru<K, V> {
  private readonly capacity: number;
  private readonly sizeOf: (key: K) => number;
  /** The order of a map is that of insertion; what is used is inserted again. */
  private readonly entries = new Map<K, V>();
  private size = 0;

  /**
   * @param capacity what the entries may take together
   * @param sizeOf what one of them takes, always the same for a key; 1 each unless told
   */
  constructor(capacity: number, sizeOf: (key: K) => number = () => 1) {
    this.capacity = capacity;
    this.sizeOf = sizeOf;
  }

  /** The value, which counts as used now. */
  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  /** Keeps a value, even one that is larger than all of the room. @returns the entries that made room */
  set(key: K, value: V): [K, V][] {
    this.delete(key);
    const gone = this.makeRoom(this.sizeOf(key));
    this.entries.set(key, value);
    this.size += this.sizeOf(key);
    return gone;
  }

  delete(key: K): void {
    if (this.entries.delete(key)) this.size -= this.sizeOf(key);
  }

  /** Lets go of entries until there is room for `size` more. @returns them, the one longest unused first */
  makeRoom(size: number): [K, V][] {
    const gone: [K, V][] = [];
    for (const entry of this.entries) {
      if (this.size + size <= this.capacity) break;
      this.delete(entry[0]);
      gone.push(entry);
    }
    return gone;
  }
}
