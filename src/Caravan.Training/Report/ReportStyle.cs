namespace Caravan.Training.Report;

/// <summary>The report's style sheet: light and dark, narrow screens, paper.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark;
          --page: #fcfcfb; --panel: #ffffff; --text: #1d2125; --quiet: #626b75; --line: #dfe3e7;
          --accent: #1f6f8b; --faint: #a9cbd8; --second: #c2552d; --track: #e9edf0; --before: #9aa5af; }
        @media (prefers-color-scheme: dark) { :root {
          --page: #14171a; --panel: #1b1f23; --text: #e4e7ea; --quiet: #98a2ac; --line: #30363c;
          --accent: #5fb3cf; --faint: #2f5566; --second: #e88a62; --track: #2a3036; --before: #75808b; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--text);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; font-weight: 650; }
        h2 { font-size: 1.15rem; margin: 2.6rem 0 .7rem; font-weight: 650; }
        h3 { font-size: .8rem; margin: 0 0 .6rem; color: var(--quiet); font-weight: 600;
          letter-spacing: .04em; text-transform: uppercase; }
        p { margin: .3rem 0 .8rem; } .quiet, footer { color: var(--quiet); font-size: .9rem; }
        .highlights { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem;
          margin: 1.6rem 0 0; padding: 0; }
        .highlights div { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
          padding: .75rem .9rem; }
        .highlights dt { color: var(--quiet); font-size: .82rem; }
        .highlights dd { margin: 0; font-size: 1.35rem; font-weight: 620; font-variant-numeric: tabular-nums;
          overflow-wrap: anywhere; }
        figure { margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
          padding: .9rem .9rem .5rem; }
        figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; justify-content: space-between;
          font-size: .88rem; color: var(--quiet); margin-bottom: .3rem; }
        figcaption b { color: var(--text); font-weight: 600; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .8rem; margin-top: .8rem; }
        .chart { display: block; width: 100%; height: auto; }
        .chart text { font-size: 13px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
        .chart .y { text-anchor: end; } .chart .x { text-anchor: middle; }
        .pair .chart text { font-size: 20px; }
        .grid { stroke: var(--line); stroke-width: 1; }
        polyline { fill: none; stroke-linejoin: round; stroke-linecap: round; }
        .raw { stroke: var(--faint); stroke-width: 1.2; } .smooth { stroke: var(--accent); stroke-width: 2.4; }
        .other { stroke: var(--before); stroke-width: 2; }
        .dot { fill: var(--second); stroke: var(--panel); stroke-width: 1.5; }
        .key { white-space: nowrap; margin-right: .9rem; } .key i { display: inline-block; width: 1.1rem; height: .22rem;
          vertical-align: middle; margin-right: .35rem; border-radius: 1px; }
        .key .k-raw { background: var(--faint); } .key .k-smooth { background: var(--accent); }
        .key .k-other { background: var(--before); }
        .key .k-dot { background: var(--second); width: .6rem; height: .6rem; border-radius: 50%; }
        .key .k-before { background: var(--before); height: .5rem; } .key .k-after { background: var(--accent); height: .5rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; }
        th, td { text-align: left; padding: .36rem .8rem .36rem 0; border-bottom: 1px solid var(--line);
          vertical-align: top; }
        thead th { color: var(--quiet); font-weight: 600; font-size: .82rem; }
        tbody th { font-weight: 500; white-space: nowrap; }
        .facts td { overflow-wrap: anywhere; } .facts th { color: var(--quiet); width: 14rem; white-space: normal; }
        .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 0;
          padding-left: .9rem; }
        .bars { width: 55%; vertical-align: middle; } .bars svg { display: block; width: 100%; height: 1.15rem; }
        .track { fill: var(--track); } .before { fill: var(--before); } .after { fill: var(--accent); }
        tr.all th, tr.all td { font-weight: 650; border-top: 2px solid var(--line); border-bottom: 0; }
        .sample { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
          padding: .9rem 1rem .4rem; margin-bottom: .8rem; break-inside: avoid; }
        .turn { margin: 0 0 .7rem; padding-left: .8rem; border-left: 3px solid var(--line); }
        .turn.assistant { border-color: var(--accent); }
        .turn span { display: block; font-size: .78rem; color: var(--quiet); }
        .turn p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .8rem; }
        @media (max-width: 40rem) { main { padding-top: 1.4rem; } h1 { font-size: 1.5rem; }
          .pair { grid-template-columns: 1fr; } .chart text, .pair .chart text { font-size: 21px; }
          .facts th { width: 9rem; } .bars { width: 40%; } }
        @media print { :root { --page: #fff; --panel: #fff; --text: #000; --quiet: #444; --line: #bbb; --accent: #1f6f8b;
            --faint: #a9cbd8; --second: #c2552d; --track: #eee; --before: #999; }
          main { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
        """;
}
