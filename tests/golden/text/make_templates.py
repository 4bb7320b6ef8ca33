"""Writes templates.json: templates that use each construct of Jinja, and what Jinja2 makes of them with the settings
that transformers renders chat templates with.

    python3 make_templates.py        (needs jinja2)
    node make_templates.mjs          (compares with @huggingface/jinja)
"""
import json
import pathlib

import jinja2
import jinja2.ext
import jinja2.sandbox

CHAT = [
    {"role": "system", "content": " Be brief. "},
    {"role": "user", "content": "Hi \"there\"\n<b>"},
    {"role": "assistant", "content": "Hello"},
    {"role": "user", "content": "caf\u00e9 \u4f60\u597d"},
]
TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"a": {"type": "int"}, "n": [1, 2.5, None, True]}}}]
BASE = {"messages": CHAT, "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": True, "tools": TOOLS}

TEMPLATES = [
    "{% for m in messages %}{{ m.role }}: {{ m['content'] }}\n{% endfor %}",
    "{% for m in messages %}\n  {% if loop.first %}\nfirst\n  {% elif loop.last %}\nlast\n  {% else %}\nmiddle\n  {% endif %}\n{% endfor %}",
    "{%- for m in messages -%}\n   {{- m.role -}}   \n{%- endfor -%}\n  tail  ",
    "{% for m in messages %}{{ loop.index }}/{{ loop.length }} {{ loop.index0 }} {{ loop.revindex }} {{ loop.revindex0 }} "
    "{{ loop.previtem.role if loop.previtem is defined else '-' }} {{ loop.nextitem is defined }};{% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ m.content }}|{{ loop.index }}{% else %}none{% endfor %}",
    "{% for m in [] %}x{% else %}empty{% endfor %}",
    "{% set ns = namespace(found=false, n=0) %}{% for m in messages %}{% if m.role == 'assistant' %}{% set ns.found = true %}"
    "{% endif %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.found }} {{ ns.n }}",
    "{% macro turn(role, content, end='\\n') %}<{{ role }}>{{ content | trim }}{{ end }}{% endmacro %}"
    "{{ turn('a', ' x ') }}{{ turn('b', content='y', end='!') }}{% for m in messages %}{{ turn(m.role, m.content) }}{% endfor %}",
    "{{ messages | length }} {{ messages[0].role | upper }} {{ messages[-1].content | capitalize }} {{ 'a b' | title }}",
    "{{ tools | tojson }}\n{{ tools | tojson(indent=2) }}\n{{ messages[1] | tojson }}",
    "{{ messages | map(attribute='role') | join(', ') }} {{ messages | map(attribute='role') | list | unique | join('-') }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | length }} "
    "{{ messages | rejectattr('role', 'equalto', 'user') | map(attribute='content') | join('|') }}",
    "{{ [3, 1, 2] | sort | join }} {{ [3, 1, 2] | first }} {{ [3, 1, 2] | last }} {{ 'abc' | replace('b', 'xx') }}",
    "{{ missing | default('d') }} {{ '' | default('e', true) }} {{ missing is defined }} {{ none is none }} {{ missing }}",
    "{{ 7 // 2 }} {{ 7 % 3 }} {{ 7 / 2 }} {{ 2 ** 5 }} {{ -7 // 2 }} {{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 1.5 + 1 }} {{ 'a' ~ 1 ~ none }}",
    "{{ 'x' in 'xyz' }} {{ 'q' not in 'xyz' }} {{ 2 in [1, 2] }} {{ 'role' in messages[0] }} {{ 1 == 1.0 }} {{ not true or false and true }}",
    "{{ 'yes' if add_generation_prompt else 'no' }} {{ 'a' if false }}|{{ true and 'b' or 'c' }}",
    "{{ messages[1:] | length }} {{ messages[:-1][0].role }} {{ 'abcdef'[1:4] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[-2:] }} {{ [1,2,3,4][::2] }}",
    "{{ ' pad '.strip() }}|{{ 'a,b,c'.split(',') }}|{{ 'abc'.startswith('ab') }}|{{ 'abc'.endswith('x') }}|{{ 'ABC'.lower() }}|"
    "{{ 'a-b'.replace('-', '+') }}|{{ 'xxhixx'.strip('x') }}|{{ 'a b  c'.split() }}|{{ 'hello world'.title() }}",
    "{% set d = {'a': 1, 'b': [1, 'two', none]} %}{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{{ d.get('z', 'no') }} "
    "{{ d.keys() | list }} {{ d | items | map('first') | join }} {{ d.a }} {{ d['b'][1] }}",
    "{% set x %}inner {{ 1 + 1 }}{% endset %}[{{ x }}]{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{# a comment #}a{#- b -#}  c {% raw %}{{ raw }} {% if %}{% endraw %} d",
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system = messages[0]['content'] %}"
    "{% else %}{% set loop_messages = messages %}{% set system = '' %}{% endif %}{% for message in loop_messages %}"
    "{% if loop.index0 == 0 and system %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}"
    "{{ range(2, 8, 2) | list }}",
    "{% for a in [1, 2] %}{% for b in 'xy' %}{{ a }}{{ b }}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{{ 3 is odd }} {{ 4 is even }} {{ 'a' is string }} {{ 1 is number }} {{ {} is mapping }} {{ [] is iterable }} {{ 6 is divisibleby 3 }} "
    "{{ true is boolean }} {{ 1 is integer }} {{ 'A' is upper }} {{ x is undefined }} {{ 'a' is in ['a', 'b'] }}",
    "{{ '5' | int + 1 }} {{ '2.5' | float }} {{ 3.7 | int }} {{ -3 | abs }} {{ [1, 2, 3] | sum }} {{ [1, 5, 3] | max }} {{ 'abc' | reverse }}",
    "{% filter upper %}shout {{ 1 }}{% endfilter %} {{ 'l1\nl2' | indent(2) }} {{ ['b', 'a'] | sort(reverse=true) }}",
    "{% macro list_items() %}{% for i in [1, 2] %}<li>{{ caller(i) }}</li>{% endfor %}{% endmacro %}"
    "{% call(item) list_items() %}item {{ item }}{% endcall %}",
    "{{ 'it''s' }} {{ \"q\\\"q\" }} {{ 'tab\\tnl\\n' }}{{ '\\u00e9' }} {{ [1, [2, 'a\\'b'], {'k': none}] }} {{ 1e3 }} {{ 0.1 }} {{ true }}",
    "line one  \n    {% if true %}\n    kept\n    {% endif %}\nline two\n{{ 'x' }}\n\n",
    "{%+ if true %}a{% endif %}\n  {%+ if true %}b{% endif %}",
    "{% for m in messages %}{{ loop.cycle('odd', 'even') }} {% endfor %}{{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ [1, 2] + [3] }}",
    "{{ 'a=%s'.count('a') }} {{ 'abcabc'.find('c') }} {{ 'x'.join(['1', '2']) }} {{ 'Ab' | lower }} {{ 'one two' | wordcount }}",
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "{% macro head(role) %}<|{{ role }}|>{% endmacro %}{% for m in messages %}{{ head(m.role) }}{{ m.content }}"
    "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}",
    "{% set ns = namespace(last='', turns=0) %}{% for m in messages if m['role'] != 'system' %}{% set ns.turns = ns.turns + 1 %}"
    "{% set ns.last = m['role'] %}{% endfor %}{{ ns.turns }} turns, {{ ns.last }} last",
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 1) %}{{ raise_exception('order') }}{% endif %}{{ loop.index0 }}"
    "{% endfor %}",
    "{%- if messages[0].role == 'system' -%}\n  system: {{- messages[0].content -}}!\n{%- else -%}\n  none\n{%- endif -%}",
    "{% if tools is defined and tools %}{% for tool in tools %}{{ tool.function.name }}({% for k, v in tool.function.parameters.items() %}"
    "{{ k }}{% if not loop.last %}, {% endif %}{% endfor %}){% endfor %}{% endif %}",
    "{{ tools[0] | tojson }} {{ tools[0].function.parameters.n | tojson }} {{ 'a \"b\" <c>' | tojson }}",
    "{% set names = [] %}{% set first, second = 'x', 'y' %}{{ first ~ '-' ~ second }}{{ names | length }}{% if not names %} empty{% endif %}",
    "{{ messages[1]['content'].split('\\n')[0] }} | {{ messages[-1].content[:4] }} | {{ messages[0].content.strip().upper() }}",
    "{% if 'brief' in messages[0].content and messages | length > 3 or false %}yes{% else %}no{% endif %} {{ 3 > 2 and 'three' or 'two' }}",
    "{{ 'user' if messages[-1].role == 'user' else 'other' }} {{ messages[5].role if messages | length > 5 else 'short' }}",
    "{% for m in messages | selectattr('role', 'equalto', 'user') %}{{ loop.index }}. {{ m.content | replace('\\n', ' ') }}\n{% endfor %}",
    "{% for i in range(3) %}{{ i * 2 + 1 }}{{ ',' if not loop.last }}{% endfor %} {{ (7 - 2) * 3 }} {{ 10 % 4 }}",
    "{{ missing | default('fallback') }} {{ bos_token | default('no') }} {% if missing is not defined %}gone{% endif %}"
    "{% if eos_token is string %} text{% endif %}{% if messages is iterable and messages is not mapping %} list{% endif %}",
    "{% set content %}{{ messages[1].content }} and more{% endset %}<{{ content | length }}>{{ content | lower }}",
    "{# one comment #}{% for m in messages %}{# another #}{{ m.role | capitalize }}{{ ' ' }}{% endfor %}{#- last -#}",
]


def main():
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
    environment.filters["tojson"] = lambda x, ensure_ascii=False, indent=None, separators=None, sort_keys=False: json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)
    cases = [{"template": t, "text": environment.from_string(t).render(**BASE)} for t in TEMPLATES]
    path = pathlib.Path(__file__).with_name("templates.json")
    path.write_text(json.dumps({"variables": BASE, "cases": cases}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
