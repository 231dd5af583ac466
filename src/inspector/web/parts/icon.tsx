/** Line icons of one family, drawn on a grid of 16. Decoration: the control that holds one has a name of its own. */

const shapes = {
  check: 'M3 8.500l3.200 3.200L13 5',
  close: 'M4 4l8 8M12 4l-8 8',
  warning: 'M8 2.500 14 13H2zM8 6.500v3M8 11v.500',
  grove:
    'M8 2.500a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM4 9.500a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM12 9.500a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM7 6.300 5 9.700M9 6.300l2 3.400',
  machines: 'M2.500 3h5v4h-5zM8.500 9h5v4h-5zM7.500 5H11v4',
  convergence: 'M2.500 2.500v11h11M5 10.500l2.500-3 2 1.500 4-5',
  sun: 'M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  copy: 'M5.500 5.500h7v8h-7zM10.500 5.500v-3h-7v8h2',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10',
  pause: 'M5.500 3.500v9M10.500 3.500v9',
  play: 'M5 3l8 5-8 5z',
  leader: 'M8 2l1.800 3.800 4.200.500-3.100 2.900.800 4.100L8 11.300l-3.700 2 .800-4.100L2 6.300l4.200-.500z',
  out: 'M5 11l6-6M6 5h5v5',
  in: 'M11 5l-6 6M10 11H5V6',
  more: 'M4 6l4 4 4-4',
  open: 'M2.500 4.500h4l1.500 2h5.500v6h-11z',
  save: 'M8 2.500v7M5 7l3 3 3-3M3 13h10',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
