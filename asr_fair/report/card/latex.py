"""Parts of a card as LaTeX. Tables need longtable and array, which come with every LaTeX."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from asr_fair.report.card.latex_text import as_latex
from asr_fair.report.card.model import Banner, Facts, Generated, Part, Sentences, Words
from asr_fair.report.card.prose import Items, Paragraph, Prose, Run
from asr_fair.report.model import Block, Column, Row, Table

LINE_MM = 273.0
"""Width of a line of A4 across, within margins of 12 mm."""
SPACE_MM = 2.4
"""Between two columns."""
CHARACTER_MM = 1.45
"""Mean width of a character of the tables' print."""
WIDEST_MM = 60.0


def block_as_latex(block: Generated, level: int) -> str:
    """All parts of a generated block, without its markers; `level`: of titles in it, 2 for a section."""
    return "\n\n".join(filter(None, (_part(part, level) for part in block.parts)))


def prose_as_latex(prose: Prose) -> str:
    """Human text."""
    return "\n\n".join(map(_prose_block, prose.blocks))


def _part(part: Part, level: int) -> str:
    match part:
        case Banner():
            return f"\\noindent\\fbox{{\\parbox{{0.97\\linewidth}}{{\\textbf{{{as_latex(part.text)}}}}}}}"
        case Facts():
            return _list(
                "description",
                [f"\\item[{{{as_latex(one.name)}:}}] {as_latex(one.value)}" for one in part.entries],
            )
        case Sentences():
            return _list("itemize", [f"\\item {as_latex(one)}" for one in part.entries])
        case Words():
            title = f"\\{'sub' * (level - 2)}section*{{{as_latex(part.title)}}}" if part.title else ""
            return "\n\n".join(filter(None, (title, as_latex(part.text))))
    return _table(part)


def _list(kind: str, lines: Sequence[str]) -> str:
    return "\n".join([f"\\begin{{{kind}}}", *lines, f"\\end{{{kind}}}"]) if lines else ""


def _prose_block(block: Paragraph | Items) -> str:
    if isinstance(block, Paragraph):
        return _runs(block.runs)
    kind = "enumerate" if block.is_numbered else "itemize"
    return _list(kind, [f"\\item {_runs(item)}" for item in block.items])


def _runs(runs: Sequence[Run]) -> str:
    return "".join(map(_run, runs)).strip()


def _run(run: Run) -> str:
    before, after = run.spaces
    text = as_latex(run.text)
    if run.url:
        text = f"{text} ({as_latex(run.url)})"
    elif run.style:
        command = {"strong": "textbf", "em": "emph", "code": "texttt"}[run.style]
        text = f"\\{command}{{{text}}}"
    return f"{before}{text}{after}"


def _table(table: Table) -> str:
    n_columns = len(table.columns)
    widths = _widths_mm(table)
    form = "".join(
        f">{{\\{'raggedleft' if column.is_number else 'raggedright'}\\arraybackslash}}p{{{width:.1f}mm}}"
        for column, width in zip(table.columns, widths, strict=True)
    )
    heading = " & ".join(f"\\textbf{{{as_latex(column.title)}}}" for column in table.columns)
    caption = _across(n_columns, f"\\normalsize\\textbf{{{as_latex(table.full_caption)}}}")
    lines = [
        "{\\scriptsize\\setlength{\\tabcolsep}{1.2mm}",
        f"\\begin{{longtable}}[l]{{@{{}}{form}@{{}}}}",
        # In the table's own head, so that no page ends between the two.
        f"{caption} \\\\ \\hline {heading} \\\\ \\hline \\endfirsthead",
        f"\\hline {heading} \\\\ \\hline \\endhead",
        "\\hline \\endfoot",
    ]
    for block in table.blocks:
        if len(table.blocks) > 1:
            title = f"\\textbf{{{as_latex(table.block_title)}: {as_latex(block.title)}}}"
            lines.append(f"{_across(n_columns, title)} \\\\*")
        lines += [_row(row, table.columns, widths) for row in block.rows]
    lines += ["\\end{longtable}}", *(f"{{\\small {as_latex(note)}\\par}}" for note in table.notes)]
    return "\n".join(lines)


def _across(n_columns: int, text: str) -> str:
    """A line across all columns that makes none of them wider."""
    box = f"\\makebox[0pt][l]{{\\parbox[b]{{{LINE_MM:g}mm}}{{\\raggedright {text}}}}}"
    return f"\\multicolumn{{{n_columns}}}{{@{{}}l@{{}}}}{{{box}}}"


def _row(row: Row, columns: Sequence[Column], widths: Sequence[float]) -> str:
    return f"{' & '.join([as_latex(row.header), *_cells(row, widths)])} \\\\"


def _cells(row: Row, widths: Sequence[float]) -> Iterator[str]:
    position = 1
    for cell in row.cells:
        text = as_latex(cell.in_one_line)
        if cell.span > 1:
            covered = widths[position : position + cell.span]
            width = sum(covered) + SPACE_MM * (len(covered) - 1)
            text = f"\\multicolumn{{{cell.span}}}{{@{{}}p{{{width:.1f}mm}}@{{}}}}{{{text}}}"
        position += cell.span
        yield text


def _widths_mm(table: Table) -> list[float]:
    """A width for each column: its longest word at least; what is left goes to those with most to say."""
    texts = [[column.title] for column in table.columns]
    for row in _rows(table.blocks):
        texts[0].append(row.header)
        for column, cell in zip(texts[1:], row.cells, strict=False):
            if cell.span == 1:
                column += [cell.text, cell.detail]
    least = [max(_longest_word_mm(text) for text in column) for column in texts]
    whole = [max(len(text) * CHARACTER_MM for text in column) for column in texts]
    free = max(0.0, LINE_MM - SPACE_MM * len(texts) - sum(least))
    wish = [math.sqrt(max(0.0, all_ - word)) for all_, word in zip(whole, least, strict=True)]
    share = free / sum(wish) if sum(wish) else 0.0
    return [
        min(word + share * more, max(word, min(all_, WIDEST_MM)))
        for word, more, all_ in zip(least, wish, whole, strict=True)
    ]


def _longest_word_mm(text: str) -> float:
    return min(WIDEST_MM, CHARACTER_MM * max((len(word) for word in text.split(" ")), default=0)) + 1


def _rows(blocks: Sequence[Block]) -> Iterator[Row]:
    for block in blocks:
        yield from block.rows
