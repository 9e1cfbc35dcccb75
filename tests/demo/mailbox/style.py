"""The one stylesheet of the mailbox's pages: phone first, light and dark."""

STYLE = """
:root { color-scheme: light dark; --page: #f2f5f3; --card: #fff; --line: #d5ddd8; --ink: #1b2420; --soft: #56655d;
  --green: #1a6a42; --tint: #e6f2eb; --label: #fff4d6; --label-ink: #5c4400; }
@media (prefers-color-scheme: dark) { :root { --page: #101413; --card: #1a201e; --line: #333c38; --ink: #eef3f0;
  --soft: #a3b1aa; --green: #6fd3a0; --tint: #22302a; --label: #352a08; --label-ink: #ffd970; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.label { margin: 0; padding: .5rem 1rem; text-align: center; font-size: .875rem; font-weight: 600;
  background: var(--label); color: var(--label-ink); border-bottom: 1px solid var(--line); }
main { max-width: 52rem; margin: 0 auto; padding: 1.25rem 1rem 2rem; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 .5rem; }
p { margin: 0 0 .75rem; }
a { color: var(--green); }
.soft, small, time, dt { color: var(--soft); font-size: .875rem; }
.letters { list-style: none; margin: 1rem 0 0; padding: 0; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; overflow: hidden; }
.letters li + li { border-top: 1px solid var(--line); }
.letters a { display: grid; grid-template-columns: 1fr auto; gap: .125rem 1rem; padding: .8rem 1rem; color: inherit;
  text-decoration: none; }
.letters a:hover { background: var(--tint); }
.letters b, .letters small { grid-column: 1 / -1; }
.letters b { font-weight: 600; }
.letters small { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.letters .who { font-size: .875rem; color: var(--green); }
time { white-space: nowrap; }
.empty { padding: 3rem 1rem; text-align: center; color: var(--soft); background: var(--card);
  border: 1px dashed var(--line); border-radius: 12px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .75rem; margin: 0 0 1rem; font-size: .9375rem; }
dd { margin: 0; }
nav { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: .75rem; }
nav a { padding: .4rem .9rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card);
  text-decoration: none; font-weight: 600; font-size: .9375rem; }
nav a[aria-current] { background: var(--green); border-color: var(--green); color: var(--card); }
.paper { width: 100%; margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
pre.paper { padding: 1rem; white-space: pre-wrap; font: .9375rem/1.55 ui-monospace, Menlo, Consolas, monospace; }
.tall { display: flex; flex-direction: column; min-height: 100vh; }
.tall main { flex: 1; width: 100%; display: flex; flex-direction: column; padding-bottom: 1rem; }
iframe.paper { flex: 1; min-height: 54rem; display: block; }
@media (min-width: 40rem) { iframe.paper { min-height: 44rem; } }
:focus-visible { outline: 3px solid var(--green); outline-offset: 2px; }
.letters a:focus-visible { outline-offset: -3px; }
"""
