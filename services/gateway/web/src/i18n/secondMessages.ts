/** Texts of the views in routes.second.ts. */

export const secondVi = {}

export const secondEn: Record<keyof typeof secondVi, string> = {}
