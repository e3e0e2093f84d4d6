/** Texts of the views of indicators, public services and the wall. */

export const viewsVi = {}

export const viewsEn: Record<keyof typeof viewsVi, string> = {}
