"""The one stylesheet of the emulator's pages: phone first, light and dark."""

STYLE = """
:root { color-scheme: light dark; --page: #fafafa; --card: #fff; --line: #dbdbdb; --edge: #8c8c8c;
  --ink: #1c1c1e; --soft: #63636a; --blue: #0068b3; --blue-ink: #fff; --tint: #eaf4fc;
  --good: #0b6b35; --good-tint: #e2f5e9; --bad: #a3161f; --bad-tint: #fdeaea; --warn: #5c4400; --warn-tint: #fff2cc; }
@media (prefers-color-scheme: dark) { :root { --page: #000; --card: #151517; --line: #333336; --edge: #7a7a80;
  --ink: #f5f5f7; --soft: #a5a5ad; --blue: #5eb5f7; --blue-ink: #00213a; --tint: #10283a;
  --good: #6fdc9b; --good-tint: #0f2c1b; --bad: #ff9c9c; --bad-tint: #3a1517; --warn: #ffd970; --warn-tint: #352a08; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.label { margin: 0; padding: .5rem 1rem; text-align: center; font-size: .875rem; font-weight: 600;
  background: var(--warn-tint); color: var(--warn); border-bottom: 1px solid var(--line); }
main { max-width: 27rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
main.wide { max-width: 76rem; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.125rem; margin: 2rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0 0 .75rem; }
a { color: var(--blue); }
small, .soft { color: var(--soft); font-size: .875rem; }
code { font: .875em ui-monospace, Menlo, Consolas, monospace; }
.mark { width: 3.25rem; height: 3.25rem; margin: .5rem auto 1rem; border-radius: 28%; display: grid;
  place-items: center; background: linear-gradient(45deg, #f58529, #dd2a7b 55%, #5b51d8); }
.mark::before { content: ""; width: 1.4rem; height: 1.4rem; border: .22rem solid #fff; border-radius: 50%; }
.mark.facebook { border-radius: 50%; background: #0866ff; }
.mark.facebook::before { border-radius: 3px 3px 0 0; border-bottom-width: .7rem; }
.consent { text-align: center; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1rem; }
.notice { padding: .75rem 1rem; border-radius: 10px; background: var(--good-tint); color: var(--good); }
.notice.problem { background: var(--bad-tint); color: var(--bad); }
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-size: .8125rem; font-weight: 600;
  background: var(--page); border: 1px solid var(--line); color: var(--soft); }
.badge.good { background: var(--good-tint); border-color: transparent; color: var(--good); }
.badge.bad { background: var(--bad-tint); border-color: transparent; color: var(--bad); }
.badge.warn { background: var(--warn-tint); border-color: transparent; color: var(--warn); }
button, input, select { font: inherit; min-height: 2.75rem; border-radius: 10px; max-width: 100%; }
button { padding: .4rem .9rem; font-weight: 600; white-space: nowrap; flex: none; cursor: pointer;
  border: 1px solid var(--edge); background: transparent; color: inherit; }
button:hover { background: var(--tint); }
button.main { border-color: var(--blue); background: var(--blue); color: var(--blue-ink); }
button.main:hover { filter: brightness(1.08); }
button.off { border-color: var(--bad); color: var(--bad); }
input, select { padding: .4rem .7rem; border: 1px solid var(--edge); background: var(--card); color: inherit; }
input[type=number] { width: 5.5rem; }
input[type=radio], input[type=checkbox] { flex: none; width: 1.35rem; min-height: 0; height: 1.35rem; margin: 0;
  padding: 0; accent-color: var(--blue); }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
fieldset { border: 0; margin: 1.25rem 0; padding: 0; min-width: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: .5rem; }
.consent legend { width: 100%; text-align: left; }
.choices { display: grid; gap: .5rem; text-align: left; }
.choices.scroll { max-height: 24rem; overflow: auto; padding: 3px; }
.choice { display: flex; gap: .75rem; align-items: center; padding: .75rem; cursor: pointer; background: var(--card);
  border: 1px solid var(--line); border-radius: 12px; }
.choice:has(input:checked) { border-color: var(--blue); }
label.choice:has(input[type=radio]:checked) { box-shadow: inset 0 0 0 1px var(--blue); background: var(--tint); }
.choice > .words { flex: 1; min-width: 0; }
.choice small { display: block; }
.face { flex: none; width: 2.6rem; height: 2.6rem; border-radius: 50%; display: grid; place-items: center;
  font-weight: 700; color: #fff; background: var(--face, #5b51d8); }
.field { display: block; margin: .5rem 0 0; text-align: left; }
.field input { width: 100%; margin-top: .25rem; }
.consent button { width: 100%; margin-top: .5rem; min-height: 3rem; }
.consent form { margin-bottom: 1rem; }
.wide button, .wide input, .wide select { min-height: 2.5rem; font-size: .9375rem; }
.top { display: flex; flex-wrap: wrap; gap: 0 1.5rem; align-items: baseline; justify-content: space-between;
  margin-bottom: .75rem; }
.controls, .people { display: grid; gap: 1rem; }
.controls h2 { margin-top: 0; }
.person { display: flex; flex-direction: column; gap: .85rem; scroll-margin-top: 1rem; }
.who { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
.who > div { flex: 1 1 10rem; min-width: 0; }
.tokens, .log, .faults { list-style: none; margin: 0; padding: 0; }
.tokens li, .log li, .faults li { padding: .55rem 0; border-top: 1px solid var(--line); }
ol.log li:first-child, .faults li:first-child { border-top: 0; padding-top: 0; }
.faults { margin-bottom: .75rem; }
.faults li { display: flex; gap: .75rem; align-items: center; justify-content: space-between; }
.tokens small, .log small { display: block; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
.buttons form, .row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 0; }
.row label, .buttons label { display: grid; font-size: .8125rem; color: var(--soft); min-width: 0; }
.row label input, .row label select, .buttons label input, .buttons label select { font-size: 1rem; color: var(--ink); }
.row label.grow { flex: 1 1 7rem; }
.person .buttons { display: grid; grid-template-columns: 1fr 1fr; }
.person .buttons button { flex: 1; padding: .4rem .25rem; }
.person .buttons .all { grid-column: 1 / -1; }
.log + .buttons { margin-top: .75rem; }
.row label.grow > * { width: 100%; min-width: 0; }
details summary { cursor: pointer; color: var(--soft); font-size: .875rem; padding: .4rem 0; }
@media (min-width: 48rem) {
  main.wide { padding: 1.5rem 2rem 4rem; }
  .controls { grid-template-columns: 2fr 3fr; }
  .people { grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); align-items: start; }
  .log li { display: grid; grid-template-columns: 7.5rem minmax(14rem, 1fr) 2fr 10rem; gap: 1rem;
    align-items: baseline; }
  .log li > :last-child { text-align: right; }
}
"""
