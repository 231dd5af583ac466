/** The file of `grove apply`: which params to set and unset, and for every mistake the line and field it is in. */
import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type FileProblem, isEmpty, offset, textOf, YamlFile } from '../apps/index.ts';
import { isName, isParamKind, isSecretKind, nameRule } from '../protocol/index.ts';
import type { ParamKind } from '../protocol/types.ts';

export interface WantedParam {
  readonly name: string;
  /** Null: the kind it has now, or text. */
  readonly kind: ParamKind | null;
  readonly value: string;
}

export interface ApplyFile {
  readonly set: readonly WantedParam[];
  readonly unset: readonly string[];
}

/** Room for every param a grove can have, whole. */
const fileBytesMax = 8_388_608;

// i[impl ctl.apply-file]
/** JSON is YAML, so one reader does for both. All mistakes are returned, not only the first. */
export function parseApplyFile(text: string): {
  readonly file: ApplyFile;
  readonly problems: readonly FileProblem[];
} {
  return new Reader(text).read();
}

class Reader {
  readonly #yaml: YamlFile;
  readonly #names = new Map<string, string>();

  constructor(text: string) {
    this.#yaml = new YamlFile(text, fileBytesMax);
  }

  read(): { file: ApplyFile; problems: readonly FileProblem[] } {
    const set: WantedParam[] = [];
    const unset: string[] = [];
    const { root } = this.#yaml;
    if (this.#yaml.problems.length === 0) {
      if (!isMap(root)) this.#problem(0, 'file', 'must have set: or unset: at its top');
      else {
        for (const { key, value } of root.items) {
          const name = textOf(key);
          if (name === 'set') set.push(...this.#set(value as Node | null));
          else if (name === 'unset') unset.push(...this.#unset(value as Node | null));
          else this.#problem(offset(key), name ?? 'key', 'no such field: a file has set and unset');
        }
      }
    }
    return { file: { set, unset }, problems: this.#yaml.problems };
  }

  #set(node: Node | null): WantedParam[] {
    if (isEmpty(node)) return [];
    if (!isMap(node)) return this.#problem(offset(node), 'set', 'must be a map from names to values');
    return node.items.flatMap(({ key, value }) => {
      const name = this.#name(key, 'set');
      if (name === null) return [];
      return this.#value(name, key, value as Node | null);
    });
  }

  #value(name: string, key: unknown, node: Node | null): WantedParam[] {
    const field = `set.${name}`;
    if (!isMap(node)) {
      const value = this.#scalar(node, field, offset(key));
      return value === null ? [] : [{ name, kind: null, value }];
    }
    let kind: ParamKind | null = null;
    let value: string | null = null;
    for (const item of node.items) {
      const part = textOf(item.key);
      if (part === 'kind') kind = this.#kind(item.value, field);
      else if (part === 'value')
        value = this.#scalar(item.value as Node | null, `${field}.value`, offset(item.key));
      else
        this.#problem(
          offset(item.key),
          `${field}.${part ?? '?'}`,
          'no such field: a param has kind and value',
        );
    }
    if (value === null && !node.has('value')) this.#problem(offset(key), field, 'has no value');
    return value === null ? [] : [{ name, kind, value }];
  }

  #kind(node: unknown, field: string): ParamKind | null {
    const kind = textOf(node);
    if (kind !== null && isParamKind(kind) && !isSecretKind(kind)) return kind;
    const secret = kind !== null && isParamKind(kind);
    const problem = secret
      ? 'is a secret, and every member can read a grove’s params'
      : 'must be text, multiline or email';
    this.#problem(offset(node), `${field}.kind`, problem);
    return null;
  }

  /** Text only: whether `no`, `010` or `1.0` is meant as written is for the author to say, with quotes. */
  #scalar(node: Node | null, field: string, fallback: number): string | null {
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    const problem = isAlias(node)
      ? 'must be written out: aliases are not read'
      : isScalar(node) && node.value !== null
        ? `must be text: put it in quotes, "${node.source ?? String(node.value)}"`
        : 'must be text; to take a param away, name it under unset';
    this.#problem(isScalar(node) && node.range ? offset(node) : fallback, field, problem);
    return null;
  }

  #unset(node: Node | null): string[] {
    if (isEmpty(node)) return [];
    if (!isSeq(node)) {
      this.#problem(offset(node), 'unset', 'must be a list of names');
      return [];
    }
    return node.items.flatMap((item) => this.#name(item, 'unset') ?? []);
  }

  #name(node: unknown, list: string): string | null {
    const name = textOf(node);
    if (name === null || !isName(name)) {
      const problem = `is no name: ${nameRule}`;
      this.#problem(offset(node), `${list}.${name ?? '?'}`, problem);
      return null;
    }
    const earlier = this.#names.get(name);
    if (earlier !== undefined) {
      this.#problem(offset(node), `${list}.${name}`, `is named under ${earlier} already`);
      return null;
    }
    this.#names.set(name, list);
    return name;
  }

  #problem(at: number, field: string, problem: string): never[] {
    return this.#yaml.report(at, field, problem);
  }
}
