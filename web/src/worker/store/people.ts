/** Who works with this phone, and the key of one whose page was closed a moment ago. */
import type { Person } from './contract.ts';
import { type KnownPerson, PeopleDB, PersonDB } from './db.ts';
import type { Host } from './host.ts';

export class People {
  readonly #host: Host;
  readonly #db: PeopleDB;

  constructor(host: Host) {
    this.#host = host;
    this.#db = new PeopleDB(host);
  }

  async open(): Promise<void> {
    await this.#db.open();
  }
  close(): void {
    this.#db.close();
  }

  /** The one who used the phone last comes first. */
  async all(): Promise<KnownPerson[]> {
    return (await this.#db.people.toArray()).sort((a, b) => b.used - a.used);
  }
  get = (account: number) => this.#db.people.get(account);
  put = (person: KnownPerson) => this.#db.people.put(person);

  /** As pages know a person; open: the person's store, if it is. */
  async person(k: KnownPerson, open?: PersonDB): Promise<Person> {
    const db = open ?? new PersonDB(k.account, this.#host);
    try {
      const waiting = await db.outbox.where('open').equals(1).count();
      return { account: k.account, name: k.name, login: k.login, waiting };
    } finally {
      if (!open) db.close();
    }
  }
  async persons(): Promise<Person[]> {
    return Promise.all((await this.all()).map((k) => this.person(k)));
  }

  /** The key within its grace; a clock that was set does not prolong it. */
  keptKey(k: KnownPerson): CryptoKey | undefined {
    const left = (k.key_until ?? 0) - this.#host.now();
    return left > 0 && left <= this.#host.grace ? k.key : undefined;
  }
  async keepKey(person: KnownPerson, key: CryptoKey): Promise<void> {
    const { key: _, key_until: __, ...rest } = person;
    const { grace } = this.#host;
    await this.put(grace ? { ...rest, key, key_until: this.#host.now() + grace } : rest);
  }
  async forgetKey(person: KnownPerson): Promise<void> {
    const { key: _, key_until: __, ...rest } = person;
    await this.put(rest);
  }
}
