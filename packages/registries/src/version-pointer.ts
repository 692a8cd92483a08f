/** What moving a name has in common in all registries: compared before and after, told who lost, moved once. */
import { lostRace } from './lost-race.ts';
import type { Comment, Pointer, Promoted, Subject } from './registry.ts';

export abstract class VersionPointer implements Pointer {
  readonly target: string;

  constructor(target: string) {
    this.target = target;
  }

  abstract observe(): Promise<string | null>;

  /** The subject's version in this registry, or a ConfigError that says how it gets one. */
  protected abstract versionOf(subject: Subject): Promise<string>;

  /** Moves it; a registry that compares by itself throws `lostRace`. null: nowhere. */
  protected abstract move(version: string | null, from: string | null, comment: Comment): Promise<void>;

  /** Where it pointed before it was moved to `version`, as the registry itself remembers; null: not known. */
  protected remembered?(version: string): Promise<string | null>;

  /** Tells it on the version, where `move` has not done so. */
  protected comment?(version: string, comment: Comment): Promise<void>;

  async promote(subject: Subject, expected: string | null): Promise<Promoted> {
    const to = await this.versionOf(subject);
    const now = await this.observe();
    if (now === to) {
      const from = (await this.remembered?.(to)) ?? null;
      return { target: this.target, from, to, changed: false };
    }
    if (now !== expected) throw lostRace(this.target, expected, now);
    await this.#moveAndLook(to, now, subject.comment);
    return { target: this.target, from: now, to, changed: true };
  }

  async restore(to: string | null, expected: string, comment: Comment): Promise<Promoted> {
    const now = await this.observe();
    const done = { target: this.target, from: now, to: to ?? 'nothing' };
    if (now === to) return { ...done, changed: false };
    if (now !== expected) throw lostRace(this.target, expected, now);
    await this.#moveAndLook(to, now, comment);
    return { ...done, changed: true };
  }

  async #moveAndLook(to: string | null, from: string | null, comment: Comment): Promise<void> {
    await this.move(to, from, comment);
    const after = await this.observe();
    if (after !== to) throw lostRace(this.target, to, after);
    if (to !== null) await this.comment?.(to, comment);
  }
}
