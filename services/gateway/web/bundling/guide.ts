/** The operators' guide (docs/guide) as pages beside ours, so that it can be read where there is no internet. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { marked, Renderer } from 'marked'
import type { Plugin } from 'vite'

const LANGUAGES = ['vi', 'en'] as const

export function guide(folder: string): Plugin {
  return {
    name: 'fansipan-guide',
    apply: 'build',
    generateBundle() {
      if (!existsSync(folder)) {
        this.warn(`${folder} is not there: the page is built without its guide`)
        return
      }
      for (const language of LANGUAGES) {
        const text = readFileSync(resolve(folder, `${language}.md`), 'utf8')
        this.emitFile({ type: 'asset', fileName: `guide/${language}.html`, source: document(language, text) })
      }
      const images = resolve(folder, 'images')
      for (const name of existsSync(images) ? readdirSync(images) : []) {
        const source = readFileSync(resolve(images, name))
        this.emitFile({ type: 'asset', fileName: `guide/images/${name}`, source })
      }
    },
  }
}

function document(language: string, text: string): string {
  const renderer = new Renderer()
  const links = text.replace(/\]\((vi|en)\.md\)/g, ']($1.html)')
  renderer.heading = function ({ tokens, depth, text: title }) {
    return `<h${depth} id="${anchor(title)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
  }
  const title = /^# (.+)$/m.exec(text)?.[1] ?? 'Fansipan'
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Fansipan</title>
<link rel="icon" type="image/svg+xml" href="../favicon.svg">
<link rel="stylesheet" href="../guide.css">
</head>
<body>
<main>
${marked.parse(links, { async: false, renderer })}</main>
</body>
</html>
`
}

/** As GitHub makes them: "4. Xử lý cảnh báo" is `4-xử-lý-cảnh-báo`. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}
