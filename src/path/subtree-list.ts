import { DirectoryPaths } from './directory-path.ts';
import { type ComparableBase, type ComparableName, isInside, isPartlyInside } from './name-forms.ts';

/** The permitted, or the excluded subtrees of one form of name. */
export class SubtreeList {
  readonly #directories = new DirectoryPaths();
  readonly #others: ComparableBase[] = [];
  #hasIncomparable = false;
  #isEmpty = true;

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** @param base null: one that cannot be compared */
  add(base: ComparableBase | null): void {
    this.#isEmpty = false;
    if (base === null) this.#hasIncomparable = true;
    else if (base.form === 'directory') this.#directories.add(base.path);
    else this.#others.push(base);
  }

  /** Whether everything that `name` stands for is inside of one subtree. */
  holds(name: ComparableName): boolean {
    if (name.form === 'directory') return this.#directories.haveUpperPartOf(name.path);
    return this.#others.some((base) => isInside(name, base));
  }

  /** Whether anything that `name` stands for is, or may be, inside of a subtree. */
  touches(name: ComparableName): boolean {
    if (this.#hasIncomparable) return true;
    if (name.form === 'directory') return this.#directories.haveUpperPartOf(name.path);
    return this.#others.some((base) => isPartlyInside(name, base));
  }
}
