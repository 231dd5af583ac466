/** A component that is drawn again only when one of its properties is another one. */
import { Component, type ComponentChild, createElement, type FunctionComponent } from 'preact';

export function memo<Props extends object>(draw: FunctionComponent<Props>): FunctionComponent<Props> {
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Readonly<Props>): boolean {
      const before: { readonly [name: string]: unknown } = { ...this.props };
      return Object.entries(next).some(([name, value]) => before[name] !== value);
    }
    override render(): ComponentChild {
      return createElement(draw, this.props);
    }
  }
  return (props) => createElement(Memo, props);
}
